import { expect, it } from 'vitest'
import { titlesOf } from '../../scripts/test-titles.mjs'

it('reads the titles of tests that are run, with their cases before them or without', () => {
  expect(
    titlesOf(`
      it('one', () => {})
      test("it's two", () => {})
      it.each(CASES)('three %s', () => {})
      it.each([{ a: f(1), b: ')' }])(
        \`four\`,
        () => {},
      )
      it.each<[Partial<A>, string]>([[{}, 'x']])('typed', () => {})
      it.runIf(isLinux())('five', () => {})
      it('don\\'t', () => {})`),
  ).toEqual(['one', "it's two", 'three %s', 'four', 'typed', 'five', "don't"])
})

it('takes none from comments, from what is skipped or left to be written, and none that merely looks like one', () => {
  expect(
    titlesOf(`
      // it('in a comment', () => {})
      /* it('in another', () => {}) */
      it.skip('skipped', () => {})
      it.skip.each([1])('skipped with cases', () => {})
      it.todo('left')
      test.fixme('to be mended', () => {})
      const text = "it('in a string', () => {})"
      bundle.it('of something else')
      submit('form')`),
  ).toEqual([])
  expect(titlesOf("describe.skip('all', () => { it('within', () => {}) })")).toEqual([])
})
