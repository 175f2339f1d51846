/** The machine does not fall asleep over something that this console drives; its screen may. */
import { powerSaveBlocker } from 'electron'

/** Told whenever that begins or ends; the same word twice changes nothing. */
export function createStayAwake(): (isDriving: boolean) => void {
  let blocker: number | null = null
  return (isDriving) => {
    if (isDriving === (blocker !== null)) return
    if (blocker !== null) powerSaveBlocker.stop(blocker)
    blocker = isDriving ? powerSaveBlocker.start('prevent-app-suspension') : null
  }
}
