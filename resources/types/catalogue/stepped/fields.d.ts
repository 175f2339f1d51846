import type { Field } from './definition.ts';
interface Indexable {
    /** (false) */
    readonly index?: boolean | undefined;
}
export declare const bigint: ({ index }?: Indexable) => Field;
export declare const integer: ({ index }?: Indexable) => Field;
export declare const smallint: ({ index }?: Indexable) => Field;
export declare const boolean: ({ index }?: Indexable) => Field;
/** Text that is looked up: always indexed. */
export declare const keyword: () => Field;
/** Text that is read: never indexed. */
export declare const text: () => Field;
interface VectorInput {
    readonly dimensions: number;
    /** An HNSW index by L2 distance on each partition (true). */
    readonly index?: boolean | undefined;
}
/** A vector of pgvector. Throws definition_invalid. */
export declare function vector({ dimensions, index }: VectorInput): Field;
export {};
