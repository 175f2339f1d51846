import pg from 'pg';
import { type Sql } from '../../shared/sql.ts';
import type { ServerConnection } from '../postgres/server-login.ts';
export type Row = Readonly<Record<string, unknown>>;
export interface PracticeSchema {
    /** Statements, run as they are. */
    readonly schema?: string;
    /** SQL files of the catalogue, by their path in it; run before `schema`. */
    readonly files?: readonly string[];
}
export interface PracticeDatabase {
    /** Runs statements; of the last one the rows. bigint and numeric are read as text. */
    readonly query: (statement: string | Sql) => Promise<readonly Row[]>;
    /** Inserts rows; each may leave out columns that have a default. Lists and objects go into json and jsonb as JSON. */
    insert(table: string, ...rows: readonly Row[]): Promise<void>;
    /** Throws where the statement gives other rows, in another order, or with other columns. */
    expect(statement: string | Sql, rows: readonly Row[]): Promise<void>;
    readonly connection: ServerConnection;
}
/** Makes a new database with these tables. It is gone when the tests are over. */
export declare function practice({ schema, files }?: PracticeSchema): Promise<PracticeDatabase>;
export declare function queryCompiled(client: pg.Client, statement: Sql): Promise<pg.QueryResult<Row>>;
export declare function onConnection<T>(connection: ServerConnection, use: (client: pg.Client) => Promise<T>): Promise<T>;
