import { expect, it, vi } from 'vitest'
import { createStayAwake } from '../../src/main/stay-awake.ts'
import { powerSaveBlocker } from '../support/fake-electron.ts'

vi.mock('electron', () => import('../support/fake-electron.ts'))

it('keeps the machine awake while something is driven, and lets it sleep afterwards', () => {
  powerSaveBlocker.start.mockReturnValueOnce(0).mockReturnValueOnce(1)
  const stayAwake = createStayAwake()

  for (const isDriving of [false, true, true, false, false, true]) stayAwake(isDriving)

  expect(powerSaveBlocker.start.mock.calls).toEqual([['prevent-app-suspension'], ['prevent-app-suspension']])
  expect(powerSaveBlocker.stop.mock.calls).toEqual([[0]])
})
