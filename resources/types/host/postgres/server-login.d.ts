import { type Cluster } from './cluster.ts';
/** What a client needs to connect, as pg's configuration names it. */
export interface ServerConnection {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly database: string;
}
export type LoginOutcome = {
    readonly kind: 'ready';
    readonly connection: ServerConnection;
    readonly version: string;
}
/** Nobody listens yet, or the server is starting or ending: worth another try. */
 | {
    readonly kind: 'not_yet';
    readonly reason: string;
}
/** Somebody else's server. */
 | {
    readonly kind: 'foreign';
    readonly reason: string;
};
export declare const HOST = "127.0.0.1";
/** Logs in once and makes sure that this is the cluster's own server. */
export declare function tryLogin(cluster: Cluster, port: number): Promise<LoginOutcome>;
