import { check, defineBatchedMigration, eachRow, sql, unresolved, values } from 'tranche'
import { fetchWithRetries } from './_http/fetch-with-retries.ts'

interface Customer {
  readonly id: string
  readonly postcode: string | null
  readonly service_url: string | null
}

/** The service's answer; checked, because it is somebody else's. */
function cityOf(answer: unknown): string {
  if (typeof answer === 'object' && answer !== null && 'city' in answer && typeof answer.city === 'string')
    return answer.city
  throw new TypeError(`the postcode service answered ${JSON.stringify(answer)}; expected { "city": "…" }`)
}

export default defineBatchedMigration({
  jobClassName: 'LookUpCustomerCities',
  description:
    'Asks the postcode service for the city of every customer. A postcode that it does not know leaves the customer ' +
    'alone; a service that does not answer is asked three times, and more than ten customers without an answer fail the ' +
    'job, so that an outage stops the migration and does not quarantine everybody.',
  table: 'customers',
  column: 'id',
  batchSize: 500,
  subBatchSize: 50,
  errorBudget: { rows: 10 },

  perform: eachRow({
    select: ({ subBatch }) => sql`
      SELECT id, postcode, (SELECT postcode_service_url FROM application_settings) AS service_url
      FROM customers
      WHERE ${subBatch} AND city IS NULL`,
    // Outside any transaction, in a worker thread: nothing in the database waits for the network.
    transform: async ({ id, postcode, service_url: serviceUrl }: Customer) => {
      if (postcode === null) return unresolved('no postcode')
      if (serviceUrl === null) throw new Error('application_settings.postcode_service_url is not set')
      const answer = await fetchWithRetries(`${serviceUrl}/postcodes/${encodeURIComponent(postcode)}`)
      if (answer.kind === 'not_found') return unresolved('the service does not know the postcode')
      return { id, city: cityOf(answer.body) }
    },
    write: (rows) => sql`
      UPDATE customers
      SET city = found.city
      FROM (${values(
        rows.map(({ value }) => value),
        { id: 'bigint', city: 'text' },
      )}) AS found (id, city)
      WHERE customers.id = found.id AND customers.city IS NULL`,
  }),

  before: [
    check.none(
      'the address of the postcode service is set',
      sql`
        SELECT 'application_settings has no postcode_service_url' AS problem
        WHERE NOT EXISTS (SELECT FROM application_settings WHERE postcode_service_url IS NOT NULL)`,
    ),
  ],

  verify: [
    check.count(
      'customers without a city are those that cannot be looked up',
      sql`SELECT count(*) FROM customers WHERE city IS NULL`,
      ({ exceptions, quarantined }) =>
        (exceptions['no postcode'] ?? 0) + (exceptions['unknown postcode'] ?? 0) + quarantined,
    ),
    check.none(
      'customers with one postcode have one city',
      sql`
        SELECT postcode, array_agg(DISTINCT city) AS cities
        FROM customers
        WHERE city IS NOT NULL
        GROUP BY postcode
        HAVING count(DISTINCT city) > 1`,
    ),
  ],

  exceptions: [
    {
      name: 'no postcode',
      why: 'There is nothing to ask for.',
      count: sql`SELECT count(*) FROM customers WHERE postcode IS NULL AND city IS NULL`,
    },
    {
      name: 'unknown postcode',
      why: 'The service knows no city with the postcode 00000, which stands for "not given".',
      count: sql`SELECT count(*) FROM customers WHERE postcode = '00000' AND city IS NULL`,
    },
  ],

  samples: { columns: ['id', 'postcode', 'city'] },
})
