import { sql, type Sql } from '../shared/sql.ts'

/**
 * The table under whose oid a table is leased: the topmost one that it is a partition or a child of, or it itself. Parent and
 * children hold the same rows, so two migrations must not write them at once. `oid` is an expression of that type. Of several
 * topmost ones (plain inheritance) it is that of the lowest oid, the same for every runner.
 */
export function leaseRoot(oid: Sql): Sql {
  return sql`(WITH RECURSIVE above (oid) AS (
                SELECT ${oid}::oid
                 UNION
                SELECT i.inhparent FROM pg_inherits AS i JOIN above ON i.inhrelid = above.oid)
              SELECT min(above.oid) FROM above
               WHERE NOT EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = above.oid))`
}
