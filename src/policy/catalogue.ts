import type { Control } from '../controls/kit/define.js';
import { type ControlId, controls } from '../controls/index.js';

/** Every control by its id, in the order of the registry. */
export const catalogue: ReadonlyMap<string, Control> = new Map(
  controls.map((control) => [control.id, control]),
);

export const controlIds: readonly ControlId[] = controls.map(({ id }) => id);

/** Whether a control only finds what no patch can mend. */
export function isAdvisory({ flags }: Control): boolean {
  return Object.keys(flags).length > 0;
}

/** The controls that change pods. */
export const mutatingControlIds: readonly ControlId[] = controls
  .filter((control) => !isAdvisory(control))
  .map(({ id }) => id);

/** The control of that id.
 *  @throws RangeError for an id that is none: a fault of ours, since ids from outside are checked before */
export function controlOf(id: string): Control {
  const control = catalogue.get(id);
  if (control === undefined) throw new RangeError(`no control is called ${id}`);
  return control;
}
