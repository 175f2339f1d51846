/** zod compiles schemas with `new Function` where it may; the page's policy forbids that, so it must not try. */
import { config } from 'zod'

config({ jitless: true })
