/** The target of a mapped connection. It is found at first use only: another database that is away must not keep this one closed. */
import type { Target } from '../../engine/target/open-target.ts'

/** `open` is asked again where it failed before. */
export function createMappedTarget({ name, database }: Named, open: () => Promise<Target>): Target {
  let opening: Promise<Target> | null = null
  let opened: Target | null = null
  const target = async (): Promise<Target> => {
    opening ??= open()
    try {
      opened = await opening
      return opened
    } catch (error) {
      opening = null
      throw error
    }
  }
  return {
    description: `the connection "${name}"`,
    database,
    looksPooled: false, // the server's own answer decides
    withClient: async (use, lending) => (await target()).withClient(use, lending),
    isAwaited: () => opened?.isAwaited() ?? false,
    async close() {
      const ending = await opening?.catch(() => null)
      opening = null
      await ending?.close()
    },
  }
}

interface Named {
  /** Of the connection. */
  readonly name: string
  readonly database: string
}
