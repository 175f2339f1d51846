/** Where one server's files are: `data/`, `password` and `server.log`, in a folder named after the major version. */
export interface Cluster {
    readonly folder: string;
    readonly dataFolder: string;
    readonly passwordFile: string;
    readonly settingsFile: string;
    readonly logFile: string;
}
/** The superuser of every cluster that we make. */
export declare const SUPERUSER = "tranche";
export declare function clusterAt(folder: string): Cluster;
export declare function clusterExists({ folder }: Cluster): Promise<boolean>;
export declare function readPassword({ passwordFile }: Cluster): Promise<string>;
