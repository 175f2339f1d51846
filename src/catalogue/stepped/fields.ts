/** The fields of a collection. */
import { TrancheError } from '../../shared/errors.ts'
import type { Field, FieldType } from './definition.ts'

interface Indexable {
  /** (false) */
  readonly index?: boolean | undefined
}

const plain =
  (type: FieldType) =>
  ({ index = false }: Indexable = {}): Field => ({ type, isIndexed: index, dimensions: null })

export const bigint = plain('bigint')
export const integer = plain('integer')
export const smallint = plain('smallint')
export const boolean = plain('boolean')

/** Text that is looked up: always indexed. */
export const keyword = (): Field => ({ type: 'keyword', isIndexed: true, dimensions: null })

/** Text that is read: never indexed. */
export const text = (): Field => ({ type: 'text', isIndexed: false, dimensions: null })

const MAX_DIMENSIONS = 16_000
/** pgvector's HNSW indexes take no more. */
const MAX_INDEXED_DIMENSIONS = 2_000

interface VectorInput {
  readonly dimensions: number
  /** An HNSW index by L2 distance on each partition (true). */
  readonly index?: boolean | undefined
}

/** A vector of pgvector. Throws definition_invalid. */
export function vector({ dimensions, index = true }: VectorInput): Field {
  if (!Number.isSafeInteger(dimensions) || dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    throw invalid(`vector: dimensions is ${String(dimensions)}; expected a whole number from 1 to 16000`)
  }
  if (index && dimensions > MAX_INDEXED_DIMENSIONS) {
    throw invalid(`vector: ${String(dimensions)} dimensions are more than an HNSW index takes; expected index: false`)
  }
  return { type: 'vector', isIndexed: index, dimensions }
}

function invalid(message: string): TrancheError {
  return new TrancheError('definition_invalid', message, { remedy: 'Correct the field.' })
}
