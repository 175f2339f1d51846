import { bigint, createCollection, defineSteppedMigration, vector } from 'tranche'

export default defineSteppedMigration({
  version: '20250123143913',
  milestone: '17.10',
  description: 'Creates the collection of code embeddings: three partitions, each with an HNSW index.',
  operations: [
    createCollection('code_embeddings', {
      partitions: 3,
      fields: { project_id: bigint(), embeddings: vector({ dimensions: 768 }) },
    }),
  ],
})
