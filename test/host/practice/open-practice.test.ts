import { expect, it, onTestFinished } from 'vitest'
import { findOtherPracticeTargets, findPracticeTarget } from '../../../src/host/practice/find-practice-target.ts'
import { openPractice } from '../../../src/host/practice/open-practice.ts'
import { silentLogger } from '../../support/engine-ports.ts'
import { createServerFolder } from '../postgres/server-folder.ts'

it('starts a private server, lets other processes find it, and stops only what it started', async () => {
  const projectFolder = await createServerFolder()
  const request = { projectFolder, rows: 100, isReset: false, logger: silentLogger, onProgress: () => undefined }
  const first = await openPractice(request)
  onTestFinished(() => first.close())
  const second = await openPractice(request)

  expect([first.wasRunning, second.wasRunning, second.isFilled]).toEqual([false, true, false])
  await second.close()
  expect(await findPracticeTarget(projectFolder)).toMatchObject({
    port: first.parameters.port,
    database: 'tranche_practice',
  })
  const others = await findOtherPracticeTargets(projectFolder)
  expect([...others].map(([name, { database }]) => [name, database])).toEqual([['ci', 'tranche_practice_ci']])
  await first.close()
  expect(await findPracticeTarget(projectFolder)).toBeNull()
})
