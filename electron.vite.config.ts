/**
 * Builds what Electron runs: main with the backend beside it, preload, and the page. Packages stay in node_modules; only
 * the preload script, which is sandboxed and can load nothing, has everything in its one file.
 */
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type MainViteConfig } from 'electron-vite'
import renderer from './vite.renderer.config.ts'

const ROOT = fileURLToPath(new URL('.', import.meta.url))

type Plugin = Exclude<NonNullable<MainViteConfig['plugins']>[number], null | undefined | false | PromiseLike<unknown>>

/**
 * Modules find their files (SQL, package.json, the practice catalogue) by their own URL. In a bundle that must go on to be
 * the source's, so that nothing is copied and nothing can be stale: an application's folder has the tree of a checkout.
 */
function sourceUrls(): Plugin {
  let bundleFolder = ''
  return {
    name: 'source-urls',
    configResolved({ root, build }) {
      bundleFolder = resolve(root, build.outDir)
    },
    transform(code, id) {
      const path = relative(ROOT, id.replace(/\?.*$/, ''))
      if (!/^src[\\/]/.test(path) || !code.includes('import.meta.url')) return null
      const fromBundle = relative(bundleFolder, join(ROOT, path)).replaceAll('\\', '/')
      // All chunks lie in the one folder.
      return code.replaceAll('import.meta.url', `new URL(${JSON.stringify(fromBundle)}, import.meta.url).href`)
    },
  }
}

export default defineConfig({
  main: {
    plugins: [sourceUrls()],
    build: { rolldownOptions: { output: { chunkFileNames: '[name].js' } } },
  },
  preload: {
    build: {
      externalizeDeps: false,
      // Sandboxed preload scripts are CommonJS.
      rolldownOptions: { output: { format: 'cjs', entryFileNames: 'index.cjs' } },
    },
  },
  renderer: { ...renderer, build: { ...renderer.build, rolldownOptions: { input: 'src/renderer/index.html' } } },
})
