/** Pictures of screens: numbered in the order in which they are taken, in few colours, since they are kept with the code. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Browser, expect, type Page } from '@playwright/test'
import UPNG from 'upng-js'

export const THEMES = ['dark', 'light'] as const
export type Theme = (typeof THEMES)[number]

const FOLDER = fileURLToPath(new URL('../../../docs/screens', import.meta.url))
const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')
const COLOURS = 256

/** Once what the page waits for is there, unless the wait is what is to be seen. */
export type Take = (name: string, page?: Page, options?: { readonly isWaiting: boolean }) => Promise<void>

/** Forgets the pictures of that theme; those that follow take their place. */
export async function openCamera(theme: Theme, page: Page): Promise<Take> {
  await rm(`${FOLDER}/${theme}`, { recursive: true, force: true })
  await mkdir(`${FOLDER}/${theme}`, { recursive: true })
  let count = 0
  return async (name, other = page, { isWaiting } = { isWaiting: false }) => {
    count += 1
    if (!isWaiting) await expect(other.locator('.waiting:visible')).toHaveCount(0)
    // No pointer over anything, and no half-way transition.
    await other.mouse.move(640, 799)
    await other.evaluate(shortenPaths, CHECKOUT)
    const picture = await other.screenshot({ animations: 'disabled', caret: 'hide' })
    await writeFile(`${FOLDER}/${theme}/${String(count).padStart(2, '0')}-${name}.png`, inFewColours(picture))
  }
}

/** In the page: where this checkout happens to lie is nobody's business. */
function shortenPaths(checkout: string): void {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode() !== null) {
    const { currentNode: text } = texts
    if (text.nodeValue?.includes(checkout) === true) text.nodeValue = text.nodeValue.replace(checkout, '~/tranche')
  }
}

function inFewColours(png: Buffer): Buffer {
  const image = UPNG.decode(png)
  return Buffer.from(UPNG.encode(UPNG.toRGBA8(image), image.width, image.height, COLOURS))
}

/** All pictures of a theme on one, at a third of their size, and a page that lists the pictures of both. */
export async function writeSheets(browser: Browser): Promise<void> {
  const names = (await readdir(`${FOLDER}/dark`)).filter((name) => name.endsWith('.png')).sort()
  for (const theme of THEMES) {
    const tiles = await Promise.all(names.map(async (name) => tile(theme, name)))
    const page = await browser.newPage({ viewport: { width: 1_336, height: 800 } })
    await page.setContent(
      `<body style="margin:8px;background:#7a7a7a;font:11px sans-serif;color:#fff;display:grid;grid-template-columns:repeat(3,1fr);gap:8px">${tiles.join('')}</body>`,
    )
    await page.waitForFunction(() =>
      [...document.images].every(({ complete, naturalWidth }) => complete && naturalWidth > 0),
    )
    await writeFile(`${FOLDER}/contact-sheet-${theme}.png`, inFewColours(await page.screenshot({ fullPage: true })))
    await page.close()
  }
  const rows = names.map((name) => `| ${wordsOf(name)} | ![](dark/${name}) | ![](light/${name}) |`)
  await writeFile(
    `${FOLDER}/README.md`,
    `# Screens

Written by \`npm run screenshots\` from a practice database, at 1280 × 800. All of them at a glance:
[dark](contact-sheet-dark.png), [light](contact-sheet-light.png).

| screen | dark | light |
|---|---|---|
${rows.join('\n')}
`,
  )
}

async function tile(theme: Theme, name: string): Promise<string> {
  const data = await readFile(`${FOLDER}/${theme}/${name}`, 'base64')
  return `<figure style="margin:0"><img style="width:100%;display:block" alt="" src="data:image/png;base64,${data}"><figcaption>${wordsOf(name)}</figcaption></figure>`
}

/** `07-queue-filled.png` → `queue filled`. */
function wordsOf(name: string): string {
  return name.slice(3, -4).replaceAll('-', ' ')
}
