/** What a `transform` may return besides a value: a row that is legitimately left alone. */
declare const UNRESOLVED: unique symbol;
export interface Unresolved {
    readonly [UNRESOLVED]: true;
    readonly reason: string;
}
/** Leaves the row alone and counts it as unresolved, with the reason that the operator reads. */
export declare function unresolved(reason: string): Unresolved;
/** Whether `transform` returned what `unresolved()` makes. */
export declare function isUnresolved(value: unknown): value is Unresolved;
export {};
