/** Everything that a program started, unless it left the group on purpose. Harmless when nothing is left. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // It ended by itself just now.
  }
}
