/** No page leaves for elsewhere, opens a window or holds a foreign page, whatever shows it. */
import type { App, WebContents } from 'electron'

export function forbidNavigation(app: App): void {
  app.on('web-contents-created', (_event, contents) => {
    keepInPlace(contents)
  })
}

/** Places inside the page are fragments of its address, which are no navigation. */
function keepInPlace(contents: WebContents): void {
  contents.on('will-navigate', (details) => {
    details.preventDefault()
  })
  contents.on('will-frame-navigate', (details) => {
    details.preventDefault()
  })
  contents.on('will-redirect', (details) => {
    details.preventDefault()
  })
  contents.on('will-attach-webview', (event) => {
    event.preventDefault()
  })
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
}
