/** Opens the practice database of a folder, says so, and stays. Arguments: the folder. */
import { openPractice } from '../../src/host/practice/open-practice.ts'
import { silentLogger } from './engine-ports.ts'

const [, , projectFolder = ''] = process.argv
await openPractice({ projectFolder, rows: 100, isReset: false, logger: silentLogger, onProgress: () => undefined })
process.stdout.write('open\n')
setInterval(() => undefined, 60_000)
