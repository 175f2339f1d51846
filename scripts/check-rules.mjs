/** Holds docs/rules.md and docs/differs-from-gitlab.md to their word: every row names a test, by file and title, that is run. */
import { readFile } from 'node:fs/promises'
import { titlesOf } from './test-titles.mjs'

const ROW = /^\| (?<rule>.+?) \| `(?<file>[^`]+)` \| (?<title>.+?) \|$/

const PAGES = ['rules.md', 'differs-from-gitlab.md']

const texts = await Promise.all(PAGES.map((page) => readFile(new URL(`../docs/${page}`, import.meta.url), 'utf8')))
const rows = texts
  .join('\n')
  .split('\n')
  .flatMap((line) => (line.startsWith('| ') && !line.startsWith('| rule ') ? [line] : []))
/** @type {string[]} */
const problems = []
for (const row of rows) {
  const { rule, file, title } = ROW.exec(row)?.groups ?? {}
  if (rule === undefined || file === undefined || title === undefined) {
    problems.push(`not "| rule | \`file\` | test |": ${row}`)
    continue
  }
  const titles = await titlesIn(file)
  if (titles === null) problems.push(`${file} does not exist (rule: ${rule})`)
  else if (!titles.includes(title)) problems.push(`${file} has no test "${title}" (rule: ${rule})`)
}
if (rows.length === 0) problems.push('docs/rules.md holds no rule')
for (const problem of problems) console.error(`✗ ${problem}`)
if (problems.length === 0) console.log(`${String(rows.length)} rules, each with its test`)
else process.exitCode = 1

/** @param {string} file */
async function titlesIn(file) {
  const source = await readFile(new URL(`../${file}`, import.meta.url), 'utf8').catch(() => null)
  return source === null ? null : titlesOf(source)
}
