import { expect, it } from 'vitest'
import { translateError } from '../../src/host/translate-error.ts'
import { setup } from '../support/engine-setup.ts'
import { begin } from '../support/raced.ts'

it('a lock that somebody else does not let go is told with a code of its own, and how to find who holds it', async () => {
  const bundle = await setup()
  const other = await begin(bundle, 'LOCK TABLE tranche.batched_background_migrations')
  const refused: unknown = await bundle
    .query(`SET lock_timeout = '10ms'; SELECT FROM tranche.batched_background_migrations`)
    .catch((error: unknown) => error)
  await other.query('ROLLBACK')
  expect(translateError(refused)).toMatchObject({
    code: 'target_locked',
    message: expect.stringMatching(/^another session holds a lock that this needs: /) as string,
    remedy: expect.stringContaining('pg_stat_activity') as string,
    details: { sqlstate: '55P03' },
  })
})
