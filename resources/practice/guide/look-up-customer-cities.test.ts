import { createServer } from 'node:http'
import { practice, run, test } from 'tranche/testing'
import definition from './look-up-customer-cities.ts'

/** Answers each first request with 503, and does not know the postcode 00000. */
async function postcodeService() {
  const asked = new Set<string>()
  const server = createServer(({ url = '' }, response) => {
    const postcode = url.split('/').at(-1) ?? ''
    if (!asked.has(postcode)) {
      asked.add(postcode)
      response.writeHead(503).end()
    } else if (postcode === '00000') response.writeHead(404).end()
    else response.end(JSON.stringify({ city: `city of ${postcode}` }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the service has no port')
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() }
}

test('asks the service again where it is busy, and leaves alone whom it cannot find', async () => {
  const service = await postcodeService()
  try {
    const database = await practice({ files: ['_data/10-namespaces/schema.sql', '_data/60-guide/schema.sql'] })
    await database.insert('application_settings', { id: 1, postcode_service_url: service.url })
    await database.insert(
      'customers',
      { id: 1, name: 'Ada', postcode: '10115' },
      { id: 5, name: 'Bea', postcode: '00000' },
      { id: 6, name: 'Cem', postcode: null },
      { id: 9, name: 'Dag', postcode: '20095', city: 'Hamburg' },
    )

    const { rows } = await run(database, definition)

    if (rows.changed !== 1 || rows.unresolved !== 2) throw new Error(`${rows.changed} changed, ${rows.unresolved} left`)
    await database.expect('SELECT id, city FROM customers ORDER BY id', [
      { id: '1', city: 'city of 10115' },
      { id: '5', city: null },
      { id: '6', city: null },
      { id: '9', city: 'Hamburg' },
    ])
  } finally {
    service.close()
  }
})
