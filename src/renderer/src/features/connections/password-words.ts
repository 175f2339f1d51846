/** Where passwords are and come from, in words. */
import type { ConnectionView, PasswordSource } from '../../../../shared/connection-view.ts'
import type { Settings } from '../../../../shared/settings.ts'

/** What becomes of a password that is typed here. */
export function keepingWords({ keepsPasswords }: Settings): string {
  return keepsPasswords
    ? 'Sealed by this system’s keychain and kept (Settings).'
    : 'Kept in memory until the console ends (Settings).'
}

export function sourceWords(
  source: PasswordSource,
  { passwordCommand }: Pick<ConnectionView, 'passwordCommand'>,
  { keepsPasswords }: Settings,
): string {
  switch (source) {
    case 'memory':
      return keepsPasswords ? 'given here, sealed by the keychain' : 'given here, in memory'
    case 'command':
      return `printed by ${passwordCommand?.[0] ?? 'a command'}, at each connect`
    case 'service':
      return 'in the service file'
    case 'passfile':
      return 'in the password file'
    case 'environment':
      return 'PGPASSWORD of the environment'
    case 'none':
      return 'none known'
  }
}
