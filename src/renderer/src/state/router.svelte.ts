import { hashOf, parseRoute, type PageName, type Route } from './route.ts'

export type Go = Partial<Omit<Route, 'page'>> & { readonly page: PageName }

const START: Route = { connectionId: null, page: 'connections', subject: null, detail: null }

export class Router {
  #route = $state.raw<Route>(START)
  /** The address named no place: the page is free to choose one. */
  readonly isUnaddressed: boolean

  constructor() {
    const first = parseRoute(window.location.hash)
    this.isUnaddressed = first === null
    if (first !== null) this.#route = first
    window.addEventListener('hashchange', () => {
      this.#route = parseRoute(window.location.hash) ?? START
    })
  }

  get route(): Route {
    return this.#route
  }

  /** A link to a page; the connection stays unless another one is named. */
  href({ page, connectionId = this.#route.connectionId, subject = null, detail = null }: Go): string {
    return hashOf({ page, connectionId, subject, detail })
  }

  go(to: Go): void {
    window.location.hash = this.href(to)
  }

  /** Without an entry in the browser's history: selections, and the first place. */
  replace(to: Go): void {
    const hash = this.href(to)
    window.history.replaceState(null, '', hash)
    this.#route = parseRoute(hash) ?? START
  }
}
