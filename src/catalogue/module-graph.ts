/** Every file that the definitions reach by their imports, read once and judged before anything runs. */
import type { Problem } from './catalogue.ts'
import { type Resolution, resolveImport } from './resolve-import.ts'
import { isProblem, readSourceFile, type SourceFile } from './source-file.ts'

export interface ModuleNode {
  readonly source: SourceFile
  /** By specifier, as written. */
  readonly resolutions: ReadonlyMap<string, Resolution>
  readonly problems: readonly Problem[]
}

/** By relative path; the problem alone where a file could not be read or parsed. */
export type ModuleGraph = ReadonlyMap<string, ModuleNode | Problem>

export interface Reach {
  /** Relative path → text, of the definition and of all that it imports. */
  readonly files: Readonly<Record<string, string>>
  /** `name@version`, sorted. */
  readonly packages: readonly string[]
  /** The first thing that keeps the definition from being run. */
  readonly problem: Problem | null
}

export async function readModuleGraph(
  root: string,
  files: readonly string[],
  packages: ReadonlySet<string>,
): Promise<ModuleGraph> {
  const graph = new Map<string, ModuleNode | Problem>()
  const pending = [...files]
  for (let path = pending.shift(); path !== undefined; path = pending.shift()) {
    if (graph.has(path)) continue
    const source = await readSourceFile(root, path)
    const node = isProblem(source) ? source : await resolveAll(root, source, packages)
    graph.set(path, node)
    if (isProblem(node)) continue
    for (const resolution of node.resolutions.values()) if (resolution.kind === 'file') pending.push(resolution.path)
  }
  return graph
}

async function resolveAll(root: string, source: SourceFile, packages: ReadonlySet<string>): Promise<ModuleNode> {
  const resolutions = new Map<string, Resolution>()
  const problems: Problem[] = []
  for (const site of source.imports) {
    const resolution = await resolveImport({ root, importer: source.path, site, packages })
    if (isProblem(resolution)) problems.push(resolution)
    // A package of which one import takes only types, and another one code, is needed for its code.
    else if (site.specifier !== null && !(site.isTypeOnly && resolutions.has(site.specifier)))
      resolutions.set(site.specifier, resolution)
  }
  return { source, resolutions, problems }
}

/** What one definition reaches, breadth first. */
export function reachOf(graph: ModuleGraph, definition: string): Reach {
  const files: Record<string, string> = {}
  const packages = new Set<string>()
  let problem: Problem | null = null
  const paths = new Set([definition])
  // A set hands out what is added while it is walked.
  for (const path of paths) {
    const node = graph.get(path)
    if (node === undefined) continue
    if (isProblem(node)) {
      problem ??= node
      continue
    }
    problem ??= node.problems[0] ?? null
    files[path] = node.source.text
    for (const resolution of node.resolutions.values()) {
      if (resolution.kind === 'file') paths.add(resolution.path)
      if (resolution.kind === 'package') packages.add(resolution.installed)
    }
  }
  return { files, packages: [...packages].sort(), problem }
}
