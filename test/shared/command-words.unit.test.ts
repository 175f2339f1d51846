import { expect, it } from 'vitest'
import { readCommand, writeCommand } from '../../src/shared/command-words.ts'

it.each([
  ['op read op://db/password', ['op', 'read', 'op://db/password']],
  [`  vault  kv get -field=pass 'my secret/db'  `, ['vault', 'kv', 'get', '-field=pass', 'my secret/db']],
  [`x --query="[0].a b" 'it''s' ''`, ['x', '--query=[0].a b', 'its', '']],
  ['echo $HOME *.txt a\\ b', ['echo', '$HOME', '*.txt', 'a\\', 'b']],
  ['["a b", "c"]', ['a b', 'c']],
])('reads %s without a shell', (text, words) => {
  expect(readCommand(text)).toEqual(words)
})

it.each([[''], ['   '], [`op 'read`], ['["a", 1]'], ['["a"'], ['[]'], ['[""]'], ['["a\\u0000"]']])(
  'refuses %j',
  (text) => {
    expect(readCommand(text)).toBeNull()
  },
)

it.each([[['op', 'read', 'x']], [['a b', "it's", '', '[x]']]])('writes %j so that it is read the same', (words) => {
  expect(readCommand(writeCommand(words))).toEqual(words)
})
