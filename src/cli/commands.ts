/** The commands by name. Each one's file is loaded only when it is called, so that starting stays quick. */
import type { Command, CommandName } from './command.ts'

interface Entry {
  /** For the list of commands. */
  readonly summary: string
  readonly load: () => Promise<Command>
}

export const COMMANDS: Readonly<Record<CommandName, Entry>> = {
  init: {
    summary: 'write the skeleton of a catalogue',
    load: async () => (await import('./commands/init.ts')).init,
  },
  test: { summary: 'run the tests of a catalogue', load: async () => (await import('./commands/test.ts')).test },
  install: { summary: 'create the tracking schema', load: async () => (await import('./commands/install.ts')).install },
  uninstall: {
    summary: 'remove the tracking schema',
    load: async () => (await import('./commands/uninstall.ts')).uninstall,
  },
  list: {
    summary: 'definitions of the catalogue and what is queued',
    load: async () => (await import('./commands/list.ts')).list,
  },
  queue: { summary: 'queue a migration', load: async () => (await import('./commands/queue.ts')).queue },
  preview: {
    summary: 'try some sub-batches and roll them back',
    load: async () => (await import('./commands/preview.ts')).preview,
  },
  run: { summary: 'drive a migration now, to its end', load: async () => (await import('./commands/run.ts')).run },
  work: {
    summary: 'drive all active migrations at their own pace',
    load: async () => (await import('./commands/work.ts')).work,
  },
  pause: { summary: 'stop a migration on all machines', load: async () => (await import('./commands/pause.ts')).pause },
  resume: { summary: 'let a paused migration go on', load: async () => (await import('./commands/resume.ts')).resume },
  status: { summary: 'where migrations stand', load: async () => (await import('./commands/status.ts')).status },
  wait: { summary: 'wait until a migration has ended', load: async () => (await import('./commands/wait.ts')).wait },
  failures: { summary: 'what failed, and why', load: async () => (await import('./commands/failures.ts')).failures },
  quarantine: {
    summary: 'rows that could not be migrated, and why',
    load: async () => (await import('./commands/quarantine.ts')).quarantine,
  },
  verify: { summary: 'run every check', load: async () => (await import('./commands/verify.ts')).verify },
  finalize: {
    summary: 'finish, check and seal a migration',
    load: async () => (await import('./commands/finalize.ts')).finalize,
  },
  retry: {
    summary: 'give failed jobs their attempts back',
    load: async () => (await import('./commands/retry.ts')).retry,
  },
  split: {
    summary: 'divide a failed job in two',
    load: async () => (await import('./commands/split.ts')).split,
  },
  requeue: {
    summary: 'start a migration over; the old rows go to the archive',
    load: async () => (await import('./commands/requeue.ts')).requeue,
  },
  delete: {
    summary: 'remove a migration from the queue',
    load: async () => (await import('./commands/delete.ts')).deleteCommand,
  },
  report: {
    summary: 'what happened, for a merge request',
    load: async () => (await import('./commands/report.ts')).report,
  },
  set: {
    summary: 'change batch size, pause and the other knobs',
    load: async () => (await import('./commands/set.ts')).set,
  },
  events: {
    summary: 'the journal: who did what, and when',
    load: async () => (await import('./commands/events.ts')).events,
  },
  stepped: {
    summary: 'ordered migrations made of operations: list, work, retry, skip, reset, logs …',
    load: async () => (await import('./commands/stepped.ts')).stepped,
  },
}

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name)
}

export const COMMAND_NAMES = Object.keys(COMMANDS).filter(isCommandName)
