import { type FSWatcher, watch } from 'node:fs';

/** Between the first sign of a change and the look at it: files that change together have changed by then. */
const settleMilliseconds = 100;

/** Calls `look` soon after the folder changed, and at least every `pollMilliseconds`: not every change is seen by
 *  a watch (network file systems, links that lead elsewhere, no watches left). Looks never overlap, the first
 *  comes soon after the start, and no timer keeps the process alive.
 *  @returns what ends it */
export function watchFolder(folder: string, pollMilliseconds: number, look: () => Promise<void>): () => void {
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let isLooking = false;
  let hasChanged = false;

  const noteChange = (): void => {
    // A timer that is put off at each event would never fire in a folder that never rests.
    if (hasChanged) return;
    hasChanged = true;
    if (!isLooking) lookAfter(settleMilliseconds);
  };
  const lookAfter = (milliseconds: number): void => {
    clearTimeout(timer);
    if (!isClosed) timer = setTimeout(() => void lookNow(), milliseconds).unref();
  };
  const lookNow = async (): Promise<void> => {
    isLooking = true;
    hasChanged = false;
    watcher = watchAnew(folder, watcher, noteChange);
    try {
      await look();
    } finally {
      isLooking = false;
      lookAfter(hasChanged ? settleMilliseconds : pollMilliseconds);
    }
  };

  watcher = watchAnew(folder, watcher, noteChange);
  lookAfter(settleMilliseconds);
  return () => {
    isClosed = true;
    clearTimeout(timer);
    watcher?.close();
  };
}

/** A watch on what now has the folder's name, which may not be what had it before: a watch stays with the folder
 *  that was deleted or renamed. The old one ends after the new one began, so that nothing is missed between. */
function watchAnew(folder: string, old: FSWatcher | undefined, onEvent: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onEvent);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined; // no folder, or no watches left: polling goes on
  } finally {
    old?.close();
  }
}
