import { type Advisor, silent } from './kit/advisor.js';
import { guessedUserOf } from './kit/effects.js';
import { imageNameOf, invocationsOf } from './kit/programs.js';

/** Programs that keep files in the home directory, and stop where they cannot. */
const programs = new Set(
  (
    'ansible ansible-playbook az cargo chromium composer cypress gcloud gradle gradlew gsutil helm jupyter jupyter-lab ' +
    'mvn mvnw npm npx pip pip3 pipenv pnpm poetry pulumi streamlit'
  ).split(' '),
);
/** Names of images whose entrypoint is one of them. */
const images = new Set('ansible azure-cli cypress helm jupyter'.split(' '));

/** Looks for programs that need a home directory. */
export const homeDirectory: Advisor = {
  id: 'homeDirectory',
  summary:
    'A program that keeps files in its home directory, in a container that gets a user without an account: HOME is then /.',
  source: 'https://kubernetes.io/docs/tasks/configure-pod-container/security-context/',
  look(subject) {
    const { container, known } = subject;
    const user = guessedUserOf(subject);
    // What is known of an image says such things itself.
    if (user === undefined || known.image?.facts.advice !== undefined) return silent;
    if (container.env?.some(({ name }) => name === 'HOME') === true) return silent;
    const called = invocationsOf(container).find(({ name }) => programs.has(name));
    const name = called?.name ?? (images.has(imageNameOf(container)) ? imageNameOf(container) : undefined);
    if (name === undefined) return silent;
    return [
      {
        field: called?.field ?? 'image',
        says: `${name} keeps files in its home directory, which is / for a user without an account, as ${user} most likely is`,
        write: 'env: [{name: HOME, value: /tmp}]',
      },
    ];
  },
};
