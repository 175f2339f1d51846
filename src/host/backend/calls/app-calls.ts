import { Settings } from '../../../shared/settings.ts'
import type { BackendContext } from '../backend-context.ts'
import type { CallParts, CallsOf } from './call-context.ts'

export function appCalls({ context, practice }: CallParts): CallsOf<'app' | 'settings' | 'practice'> {
  const { publisher, storage, secrets } = context
  return {
    'app.snapshot': () => Promise.resolve(publisher.snapshot()),
    'settings.get': () => Promise.resolve(readSettings(context)),
    'settings.set': async (changes) => {
      if (changes.keepsPasswords !== undefined) await secrets.keep(changes.keepsPasswords)
      storage.settings.write(changes)
      const settings = readSettings(context)
      publisher.publish({ kind: 'settings', settings }, { isUrgent: true })
      return settings
    },
    'practice.start': () => {
      practice.start()
      return Promise.resolve(null)
    },
  }
}

/** Value by value: one that another version wrote and this one does not know is its default. */
export function readSettings({ storage }: Pick<BackendContext, 'storage'>): Settings {
  const kept = storage.settings.read()
  const fields = Object.entries(Settings.shape).map(([name, schema]) => {
    const parsed = schema.safeParse(kept[name])
    return [name, parsed.success ? parsed.data : schema.parse(undefined)]
  })
  return Settings.parse(Object.fromEntries(fields))
}
