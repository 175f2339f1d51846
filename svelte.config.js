/**
 * A style attribute in markup is refused by the content security policy, one that is set through the DOM is not. Packages
 * write the former (bits-ui), and Svelte then makes a template of it.
 *
 * @type {import('svelte/compiler').PreprocessorGroup}
 */
const stylesThroughTheDom = {
  name: 'styles-through-the-dom',
  markup: ({ content, filename = '' }) => ({
    code: filename.includes('node_modules')
      ? content.replaceAll(/ style="([\w-]+): ([^;"{}]+);?"/g, ' style:$1="$2"')
      : content,
  }),
}

/** @type {import('@sveltejs/vite-plugin-svelte').SvelteConfig} */
export default { compilerOptions: { runes: true }, preprocess: [stylesThroughTheDom] }
