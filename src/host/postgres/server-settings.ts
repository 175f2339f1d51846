/** Server settings by name; the value as it stands in postgresql.conf, unquoted. */
export type ServerSettings = Readonly<Record<string, string>>

/** A small server that keeps what it committed. */
export const PRACTICE_SETTINGS: ServerSettings = {
  shared_buffers: '256MB',
  wal_level: 'replica',
  max_connections: '60',
  max_wal_size: '2GB',
  // Compiling statements that read some hundred thousand rows takes longer than running them.
  jit: 'off',
}

/** For data that nobody misses after a power cut; what was committed survives a crash of the server all the same. */
export const DISPOSABLE_SETTINGS: ServerSettings = {
  shared_buffers: '128MB',
  wal_level: 'replica',
  max_connections: '200',
  fsync: 'off',
  full_page_writes: 'off',
  max_wal_size: '2GB',
}

/** The settings as a configuration file. */
export function formatSettings(settings: ServerSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('')
}
