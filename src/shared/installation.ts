/** How an installation of tracking tables is told from others: ours by the moment at which it was installed, GitLab's by its place. */
const ATTACHED = 'attached '

/** A text of its own for the tables at that place, the same from whichever connection they are seen. */
export function attachedInstallation(place: string): string {
  return `${ATTACHED}${place}`
}

export function isAttachedInstallation(installedAt: string): boolean {
  return installedAt.startsWith(ATTACHED)
}
