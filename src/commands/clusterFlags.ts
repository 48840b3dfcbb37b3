import type { Command } from 'commander';

/** Which cluster and namespace are meant. */
export interface ClusterFlags {
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Gives a command the flags by which kubectl finds a cluster and a namespace. */
export function withClusterFlags(command: Command, namespaceHelp: string): Command {
  return command
    .option('-n, --namespace <name>', namespaceHelp)
    .option('--kubeconfig <file>', 'how to reach the cluster; $KUBECONFIG or ~/.kube/config where left out')
    .option('--context <name>', 'context of the kubeconfig; its current one where left out');
}
