/** Named values as JSON. Who reads them checks them: an older or newer console may have written them. */
import { allRows, type SqliteDatabase } from './database.ts'

export interface SettingsRepository {
  read(): Readonly<Record<string, unknown>>
  write(values: Readonly<Record<string, unknown>>): void
}

export function createSettingsRepository(database: SqliteDatabase): SettingsRepository {
  const list = database.prepare('SELECT name, value FROM settings ORDER BY name')
  const upsert = database.prepare(
    'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )
  return {
    read: () =>
      Object.fromEntries(
        allRows<{ name: string; value: string }>(list).map(({ name, value }) => [name, JSON.parse(value) as unknown]),
      ),
    write: database.transaction((values: Readonly<Record<string, unknown>>) => {
      for (const [name, value] of Object.entries(values)) upsert.run(name, JSON.stringify(value))
    }),
  }
}
