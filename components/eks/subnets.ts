/** How a VPC is divided into subnets. */
import { subBlock, type Cidr } from "../network/cidr.ts";

/** Subnets of one availability zone. */
export interface ZoneSubnets {
  /** Nodes and pods: half of the zone's share. */
  readonly private: Cidr;
  /** NAT gateway and load balancers. */
  readonly public: Cidr;
  /** Network interfaces of the control plane. */
  readonly controlPlane: Cidr;
}

/** Zones that a VPC has room for, whether or not they are used. */
export const MAXIMUM_ZONES = 8;

/** Prefixes that a VPC may have: AWS takes /16 at most, and a public subnet has 16 addresses at least. */
export const VPC_PREFIXES = { least: 16, most: 20 };

/** Smallest subnet of AWS, and all that a control plane needs (EKS asks for 6 free addresses, better 16). */
const CONTROL_PLANE_PREFIX = 28;

/**
 * Subnets of zone number `index`. Each zone has a fixed eighth of the VPC, so that a zone that comes or goes never moves
 * another one's subnets: a subnet can't change its block. A /16 gives a zone 4,096 private addresses, 256 public ones and
 * 16 for the control plane.
 *
 * @throws RangeError if the index is beyond {@link MAXIMUM_ZONES}
 */
export function zoneSubnets(vpc: Cidr, index: number): ZoneSubnets {
  const share = subBlock(vpc, vpc.prefix + 3, index);
  const rest = subBlock(share, share.prefix + 1, 1);
  const lastBlock = 2 ** (CONTROL_PLANE_PREFIX - rest.prefix) - 1;
  return {
    private: subBlock(share, share.prefix + 1, 0),
    public: subBlock(rest, vpc.prefix + 8, 0),
    controlPlane: subBlock(rest, CONTROL_PLANE_PREFIX, lastBlock),
  };
}
