/** What an operator may set about the console itself. */
import { z } from 'zod'

export const Settings = z.strictObject({
  theme: z.enum(['system', 'dark', 'light']).default('system'),
  density: z.enum(['compact', 'default', 'comfortable']).default('default'),
  /** Shapes on the strip beside colours. */
  hasPatterns: z.boolean().default(true),
  hasMotion: z.boolean().default(true),
  /** Keys of one letter act outside of inputs. */
  hasLetterKeys: z.boolean().default(true),
  /** Passwords outlive the console, sealed by the system's keychain. Refused (keychain_missing) where there is none. */
  keepsPasswords: z.boolean().default(false),
  /** How long history is kept on this machine; older rows go when a console starts. */
  historyDays: z.int().min(1).max(36_500).default(183),
})

export type Settings = z.output<typeof Settings>
