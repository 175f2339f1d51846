/** The retention of the settings, applied to this machine's history. No target is asked or changed. */
import { messageOf } from '../../shared/errors.ts'
import type { Settings } from '../../shared/settings.ts'
import type { BackendContext } from './backend-context.ts'

const DAY_MS = 86_400_000

/** Returns how many rows went. */
export function purgeHistory({ storage }: Pick<BackendContext, 'storage'>, { historyDays }: Settings): number {
  return storage.retention.purge(Date.now() - historyDays * DAY_MS)
}

/** A file that another console holds too long is purged at the next start. */
export function purgeAtStart(context: Pick<BackendContext, 'storage' | 'logger'>, settings: Settings): void {
  const { logger } = context
  try {
    const removedRows = purgeHistory(context, settings)
    if (removedRows > 0) logger.log('info', 'old history was removed', { removedRows, days: settings.historyDays })
  } catch (error) {
    logger.log('warn', 'old history was not removed', { message: messageOf(error) })
  }
}
