import { type Check, itemsAt, valueAt } from './check.js';
import type { Version } from './version.js';

/** Sysctls that belong to the pod alone, by the first version that allows them. */
const safeSysctls: Readonly<Record<string, Version>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
  'net.ipv4.tcp_slow_start_after_idle': 37,
  'net.ipv4.tcp_notsent_lowat': 37,
};

/** Kernel settings, of which some reach beyond the pod. */
export const sysctls: Check = {
  id: 'sysctls',
  level: 'baseline',
  since: 0,
  places(pod, version) {
    const names = itemsAt(pod.spec, 'securityContext.sysctls').map((item) => valueAt(item, 'name'));
    const found = names.filter((name) => !isSafeSysctl(name, version));
    const write = 'leave it out: it is for whoever runs the nodes to set';
    return found.length > 0 ? [{ target: 'pod', field: 'securityContext.sysctls', found, write }] : [];
  },
};

function isSafeSysctl(name: unknown, version: Version): boolean {
  const since = Object.hasOwn(safeSysctls, String(name)) ? safeSysctls[String(name)] : undefined;
  return since !== undefined && since <= version;
}
