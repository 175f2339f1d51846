/** electron-vite builds such a module by itself and gives its place. */
declare module '*?modulePath' {
  const path: string
  export default path
}
