import { expect, test } from 'vitest'
import { type Answers, confirm, type Deed } from '../../src/cli/confirm.ts'
import { CONFIRMATIONS, ENVIRONMENTS } from '../../src/shared/confirmations.ts'

const nobody: Answers = { yes: false, phrase: null, ask: null }
const deed: Deed = { verb: 'finalize', object: 'BackfillX', database: 'app', environment: 'production' }
const PHRASE = 'finalize BackfillX on app'

function answering(answer: string | null): Answers & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    ...nobody,
    asked,
    ask: async (question) => {
      asked.push(question)
      return answer
    },
  }
}

test('what has to be confirmed, where', () => {
  const table = Object.entries(CONFIRMATIONS).map(([verb, row]) =>
    [verb, ...ENVIRONMENTS.map((environment) => row[environment])].join(' '),
  )
  expect(table).toEqual([
    'install none none none plain',
    'uninstall plain plain plain phrase',
    'queue none none none plain',
    'preview none none none plain',
    'run none none none plain',
    'work none none none plain',
    'pause none none none none',
    'resume none none none plain',
    'set none none none none',
    'retry none none none plain',
    'split none none none plain',
    'requeue none plain plain phrase',
    'delete plain plain plain phrase',
    'verify none none none none',
    'finalize none none plain phrase',
    'stepped none none none plain',
    'lower none none none phrase',
    'approve none plain plain phrase',
  ])
})

test('the phrase of production is given or typed word for word', async () => {
  await confirm(deed, { ...nobody, phrase: PHRASE })
  const typed = answering(`${PHRASE}\n`)
  await confirm(deed, typed)
  expect(typed.asked).toEqual([expect.stringContaining(`Type "${PHRASE}"`)])
})

test.each<[string, Answers]>([
  ['by nobody', nobody],
  ['by --yes', { ...nobody, yes: true }],
  [
    'by another phrase, even with a person there',
    { ...answering(PHRASE), yes: true, phrase: 'finalize BackfillX on App' },
  ],
  ['by a y', answering('y')],
  ['by the end of input', answering(null)],
])('the phrase is not answered %s', async (_, answers) => {
  await expect(confirm(deed, answers)).rejects.toMatchObject({ code: 'confirmation_required' })
})

test('a plain one is answered by --yes or a y, and by nothing else', async () => {
  const plain: Deed = { ...deed, environment: 'staging' }
  await confirm(plain, { ...nobody, yes: true })
  await confirm(plain, answering(' Yes '))
  for (const answers of [nobody, answering(''), answering('n'), answering(null), { ...nobody, phrase: PHRASE }]) {
    await expect(confirm(plain, answers)).rejects.toMatchObject({ code: 'confirmation_required' })
  }
})

test('what to pass is quoted for a shell', async () => {
  await expect(confirm({ ...deed, database: `o'hara` }, nobody)).rejects.toMatchObject({
    remedy: `Pass --confirm 'finalize BackfillX on o'\\''hara'; --yes does not answer it.`,
  })
})
