import type { Operation, SkipContext, SteppedMigrationDefinition } from './definition.ts';
/** A stepped migration as its author writes it. */
export interface SteppedMigrationInput {
    /** 14 digits, the same as in the file's name. */
    readonly version: string;
    /** One paragraph for the operator. */
    readonly description?: string | undefined;
    /** The release that introduced it, such as '17.10'. */
    readonly milestone?: string | undefined;
    /** Logical database ('main'). */
    readonly database?: string | undefined;
    /** Whether there is nothing to do here; asked again at each run, so a skipped one may come back. */
    readonly skip?: ((context: SkipContext) => Promise<boolean> | boolean) | undefined;
    /** In the order in which they run; each safe to run again. */
    readonly operations: readonly Operation[];
}
/** Declares a stepped migration. Throws definition_invalid naming every field that is not as expected. */
export declare function defineSteppedMigration(input: SteppedMigrationInput): SteppedMigrationDefinition;
