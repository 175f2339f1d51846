/**
 * SQL as a value. `sql` builds a fragment; interpolated fragments nest, every other value becomes a bound
 * parameter, and nothing is ever pasted as text. `compileSql` numbers the parameters.
 */
declare const FRAGMENT: unique symbol;
type Chunk = {
    readonly kind: 'text';
    readonly text: string;
} | {
    readonly kind: 'value';
    readonly value: unknown;
};
export interface Sql {
    readonly [FRAGMENT]: true;
    readonly chunks: readonly Chunk[];
}
export interface CompiledSql {
    readonly text: string;
    readonly values: readonly unknown[];
}
/** Whether a value is a fragment made by `sql` (also by another copy of this module). */
export declare function isSql(value: unknown): value is Sql;
declare function build(strings: TemplateStringsArray, ...values: readonly unknown[]): Sql;
/** A quoted, dotted identifier: `ident('schema', 'table')` is `"schema"."table"`. */
declare function ident(...names: readonly string[]): Sql;
/** Fragments put behind each other with `separator` between them, which becomes text of the statement. */
declare function join(fragments: readonly Sql[], separator?: string): Sql;
export declare const sql: typeof build & {
    ident: typeof ident;
    join: typeof join;
};
/** Text that this program wrote itself, as a fragment. Never call it with anything that came from outside. */
export declare function raw(text: string): Sql;
/** The one helper that quotes an identifier. */
export declare function quoteIdentifier(name: string): string;
/**
 * A typed multi-row VALUES list with bound parameters: `values(rows, { id: 'bigint', doc: 'jsonb' })`.
 * Objects under a json or jsonb column are serialised here, because pg would send arrays as PostgreSQL arrays.
 * Throws on an empty list: `VALUES` needs at least one row.
 */
export declare function values(rows: readonly Readonly<Record<string, unknown>>[], types: Readonly<Record<string, string>>): Sql;
/** Text with `$1…` and the values behind them, in the order of the text. */
export declare function compileSql(statement: Sql): CompiledSql;
export {};
