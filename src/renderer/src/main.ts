import './jitless.ts'
import 'uplot/dist/uPlot.min.css'
import './style/fonts.css'
import './style/tokens.css'
import './style/reset.css'
import './style/base.css'
import './style/text.css'
import './style/layout.css'
import './style/controls.css'
import './style/tables.css'
import './style/narrow.css'
import './style/forced-colors.css'
import { mount } from 'svelte'
import { createClient } from '../../shared/contract.ts'
import App from './App.svelte'
import { createReplica } from './state/replica.ts'
import { openTransport } from './state/transport.ts'

const transport = openTransport()
const api = createClient(transport)
const replica = createReplica({
  subscribe: (listener) => transport.subscribe(listener),
  snapshot: async () => api('app.snapshot'),
  now: () => Date.now(),
})
const target = document.getElementById('app')
if (target === null) throw new Error('the page has no place for the console')
mount(App, { target, props: { api, replica } })
