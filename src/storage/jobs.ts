/** Copies of jobs, as the strip draws them. */
import type { JobCell, Page } from '../shared/job-view.ts'
import { allRows, pageOf, type SqliteDatabase } from './database.ts'

export interface JobRepository {
  save(installationId: number, migrationId: string, cells: readonly JobCell[], copiedAtMs: number): void
  /** By id, ascending. */
  page(query: {
    readonly installationId: number
    readonly migrationId: string
    readonly after: string | null
    readonly limit: number
  }): Page<JobCell>
}

export function createJobRepository(database: SqliteDatabase): JobRepository {
  const save = database.prepare(
    `INSERT INTO jobs (installation_id, migration_id, job_number, job_id, cell, copied_at_ms)
     VALUES (?, ?, CAST(? AS INTEGER), ?, ?, ?)
     ON CONFLICT (installation_id, migration_id, job_number)
     DO UPDATE SET cell = excluded.cell, copied_at_ms = excluded.copied_at_ms`,
  )
  const page = database.prepare(
    `SELECT cell FROM jobs
      WHERE installation_id = @installationId AND migration_id = @migrationId AND job_number > CAST(@after AS INTEGER)
      ORDER BY job_number LIMIT @limit + 1`,
  )
  return {
    save: database.transaction(
      (installationId: number, migrationId: string, cells: readonly JobCell[], copiedAtMs: number) => {
        for (const cell of cells)
          save.run(installationId, migrationId, cell.id, cell.id, JSON.stringify(cell), copiedAtMs)
      },
    ),
    page({ installationId, migrationId, after, limit }) {
      const rows = allRows<{ cell: string }>(page, { installationId, migrationId, after: after ?? '-1', limit })
      const cells = rows.map(({ cell }) => JSON.parse(cell) as JobCell) // written by save
      return pageOf(cells, limit, { item: (cell) => cell, cursor: ({ id }) => id })
    },
  }
}
