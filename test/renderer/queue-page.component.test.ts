import { fireEvent, screen, within } from '@testing-library/svelte'
import { expect, it } from 'vitest'
import type { Dossier } from '../../src/shared/catalogue-view.ts'
import { TrancheError } from '../../src/shared/errors.ts'
import type { QueuePlan } from '../../src/shared/queue-plan.ts'
import type { Answers } from './support/fake-backend.ts'
import { expectAccessible, openConsole, rest, settle } from './support/open-console.ts'

/** The page plans once the typing rested for so long. */
const PLAN_AFTER_MS = 300

const DOSSIER: Dossier = {
  entry: {
    ...{
      jobClassName: 'Backfill',
      description: 'Fills a column.',
      file: 'backfill.ts',
      hash: 'feedc0de',
      table: 'items',
    },
    ...{ columns: ['id'], database: 'main', form: 'statement', checkCount: 0, queuedAs: [] },
  },
  ...{ featureCategory: null, milestone: null, introducedByUrl: null, queuedMigrationVersion: null },
  ...{ packages: [], files: ['backfill.ts'], source: '', before: [], verify: [], exceptions: [], finalizeAfter: [] },
  knobs: { batchSize: 1_000, subBatchSize: 100, maxBatchSize: null, intervalSeconds: 120, pauseMs: 100 },
  arguments: [{ name: 'limit', isRequired: true, schema: { type: 'integer', minimum: 1 } }],
  ...{ statement: null, statementUnknownBecause: null, scope: null },
}

const PLAN: QueuePlan = {
  ...{ jobClassName: 'Backfill', definitionHash: 'feedc0de', tableName: 'public.items', columns: ['id'] },
  ...{
    strategy: 'PrimaryKeyBatchingStrategy',
    range: { kind: 'known', min: ['1'], max: ['9000'], estimatedRows: 9_000 },
  },
  ...{ estimatedJobs: 9, knobs: DOSSIER.knobs, statement: null, statementUnknownBecause: 'it is a function' },
  preflight: [{ name: 'unique index', outcome: 'holds', detail: 'items_pkey', remedy: null }],
  ...{ duplicate: null, confirmation: 'none', canQueue: true, plannedAtMs: 0 },
}

type Given = Answers & { environment?: 'staging' | 'production'; plan?: Partial<QueuePlan> }

async function setup({ environment = 'staging', plan = {}, ...answers }: Given = {}) {
  const backend = await openConsole({
    place: 'queue/Backfill',
    environment,
    answers: {
      'catalogue.dossier': async () => DOSSIER,
      'queue.plan': async () => ({ ...PLAN, ...plan }),
      'queue.submit': async () => Promise.reject(new TrancheError('definition_drift', 'the definition was changed')),
      ...answers,
    },
  })
  const type = async (label: string, value: string): Promise<void> => {
    await fireEvent.input(screen.getByRole('textbox', { name: label }), { target: { value } })
  }
  const press = async (name: string | RegExp): Promise<void> => {
    await fireEvent.click(screen.getByRole('button', { name }))
    await settle()
  }
  return { backend, type, press, button: (name: string) => screen.getByRole<HTMLButtonElement>('button', { name }) }
}

it('says what is missing, and plans nothing, until each argument has a value', async () => {
  const { backend, type, button } = await setup()
  await rest(PLAN_AFTER_MS)

  expect(screen.getByRole('alert').textContent).toBe('limit: needs a value')
  expect(button('Queue').disabled).toBe(true)
  expect(backend.asked('queue.plan')).toEqual([])

  await type('limit', '5')
  await rest(PLAN_AFTER_MS)
  expect(screen.queryByRole('alert')).toBeNull()
  expect(screen.getByTestId('plan').textContent).toBe('Visit ~9 000 rows of items: ~9 jobs of 1 000.')
  expect(button('Queue').disabled).toBe(false)
  await expectAccessible()
})

it('plans once for what was typed, when the typing rests', async () => {
  const { backend, type } = await setup()
  await type('limit', '5')
  for (const typed of ['2', '25', '250']) {
    await type('batch size, rows', typed)
    await rest(PLAN_AFTER_MS - 1)
  }
  expect(backend.asked('queue.plan')).toEqual([])

  await rest(1)

  expect(backend.asked('queue.plan')).toMatchObject([{ jobClassName: 'Backfill', jobArguments: [5], batchSize: 250 }])
})

it.each([
  ['batch size, rows', 'many', 'batch size: expected a whole number'],
  ['pause, ms', '-1', 'pause: expected a whole number'],
  ['min id', 'first', 'min: expected a whole number'],
  ['limit', 'five', 'limit: expected a whole number, at least 1'],
])('marks the field %s with %j in it, and says what it takes', async (label, value, says) => {
  const { type, button } = await setup()
  await type('limit', '5')
  await type(label, value)

  expect(screen.getByRole('alert').textContent).toBe(says)
  expect(screen.getByRole('textbox', { name: label }).getAttribute('aria-invalid')).toBe('true')
  expect(button('Queue').disabled).toBe(true)
})

it('queues what was planned, and goes to its run', async () => {
  const { backend, type, press } = await setup({
    'queue.submit': async () => ({ duplicate: false, migration: { id: '7' } }) as never, // only its id is read here
  })
  await type('limit', '5')
  await rest(PLAN_AFTER_MS)

  await press('Queue paused')

  expect(backend.asked('queue.submit')).toMatchObject([
    { jobClassName: 'Backfill', jobArguments: [5], definitionHash: 'feedc0de', isPaused: true },
  ])
  expect(window.location.hash).toBe('#/c1/run/7')
})

it('makes a plan of what was typed last before it queues that', async () => {
  const { backend, type, press } = await setup()
  await type('limit', '5')
  await rest(PLAN_AFTER_MS)
  await type('batch size, rows', '250')

  await press('Queue')

  expect(backend.asked('queue.plan')).toMatchObject([{ jobArguments: [5] }, { batchSize: 250 }])
  expect(backend.asked('queue.submit')).toMatchObject([{ batchSize: 250 }])
  expect(screen.getByLabelText('Plan').textContent).toContain('the definition was changed')
  expect(screen.getByLabelText('Plan').textContent).toContain('Nothing was queued.')
})

it('asks first on production, and takes no for an answer', async () => {
  const { backend, type, press, button } = await setup({ environment: 'production', plan: { confirmation: 'plain' } })
  await type('limit', '5')
  await rest(PLAN_AFTER_MS)
  button('Review & queue…').focus()
  await press('Review & queue…')
  expect(screen.getByRole('alertdialog').textContent).toContain('Queue on PRODUCTION')

  await fireEvent.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: 'Cancel' }))
  await settle()
  expect(backend.asked('queue.submit')).toEqual([])
  expect(document.activeElement).toBe(button('Review & queue…'))

  await press('Review & queue…')
  await press('Queue migration')
  expect(backend.asked('queue.submit')).toMatchObject([{ isConfirmed: true }])
})

it('leads to the migration that is there already', async () => {
  const { type } = await setup({ plan: { duplicate: { migrationId: '3', status: 'active' } } })
  await type('limit', '5')
  await rest(PLAN_AFTER_MS)

  expect(screen.getByTestId('plan').textContent).toBe('Queued already, as migration 3.')
  expect(screen.getByRole('link', { name: 'Open migration 3' }).getAttribute('href')).toBe('#/c1/run/3')
  expect(screen.queryByRole('button', { name: 'Queue' })).toBeNull()
})

it('does not queue where a preflight check failed, and says what to do', async () => {
  const check = { name: 'unique index', outcome: 'failed', detail: 'there is none', remedy: 'Make one.' } as const
  const { type, button } = await setup({ plan: { preflight: [check], canQueue: false } })
  await type('limit', '5')
  await rest(PLAN_AFTER_MS)

  expect(screen.getByText('Make one.')).toBeTruthy()
  expect(button('Queue').disabled).toBe(true)
})

it('says so where the definition cannot be read', async () => {
  await setup({
    'catalogue.dossier': async () => Promise.reject(new TrancheError('unknown_class', 'no Backfill here')),
  })

  expect(screen.getByRole('main').textContent).toContain('no Backfill here')
  expect(screen.getByRole('main').textContent).toContain('Nothing was queued.')
  await expectAccessible()
})
