import { defineCommand } from '../command.ts'

export const init = defineCommand({
  name: 'init',
  operands: { usage: 'DIR', min: 1, max: 1 },
  flags: {},
  help: 'Writes the skeleton of a catalogue: an example with its test, and the types that an editor completes by. May be repeated: types are written again, files that are there are kept.',
  onSignal: 'leave',
  async run({ operands: [named = ''] }) {
    const { writeSkeleton } = await import('../../host/skeleton/write-skeleton.ts')
    const value = await writeSkeleton(named)
    const lines = value.files.map((file) => `  ${file}`)
    return {
      value,
      text: [
        `✓ Catalogue ${value.folder}`,
        ...lines,
        `Next: tranche test ${named}, then tranche list --catalogue ${named}`,
      ].join('\n'),
    }
  },
})
