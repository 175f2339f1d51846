/** The checks of a definition: `before` they must hold to queue it, `verify` proves that it did its work. */
import type { Sql } from '../shared/sql.ts';
import type { Check, ExpectationContext, ExpectedValue, JobArguments } from './definition.ts';
type CheckOf<Kind extends Check['kind']> = Extract<Check, {
    readonly kind: Kind;
}>;
interface RowsExpectation<Row extends object> {
    /** Must return the batch columns; it is wrapped to read a sample of keys. */
    readonly sql: Sql;
    /** true, or what is wrong with the row. */
    readonly expect: (row: Row) => true | string;
}
export declare const check: {
    /** The single number that the query returns equals `expected`, compared exactly. */
    count: <Args = Readonly<Record<string, unknown>>>(name: string, query: Sql, expected: ExpectedValue | ((context: ExpectationContext<Args>) => ExpectedValue)) => Check<Args>;
    /** No row comes back; those that do are shown. */
    none: (name: string, query: Sql) => CheckOf<"none">;
    /** Two single values are equal. */
    equal: (name: string, left: Sql, right: Sql) => CheckOf<"equal">;
    /** Every row of a sample spread over the range is as it should be. */
    rows: <Row extends object = Record<string, unknown>>(name: string, { sql, expect }: RowsExpectation<Row>) => CheckOf<"rows">;
};
export {};
