/** Where a worker thread begins; see src/catalogue/read-typescript.mjs. */
import { readTypeScript } from '../../catalogue/read-typescript.mjs'

await readTypeScript()
await import('./worker.ts')
