/** A process of its own that opens the storage, waits for its turn and writes settings. Prints one line when it is done. */
import { openStorage } from '../../src/storage/open.ts'

const [folder = '', name = '', count = '0'] = process.argv.slice(2)
const storage = await openStorage(folder)
for (let index = 0; index < Number(count); index += 1) storage.settings.write({ [`${name}${String(index)}`]: index })
storage.close()
process.stdout.write(`${name} wrote ${count}\n`)
