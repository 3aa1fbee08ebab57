// As contract-types.ts, of what needs zod.
import { AccessControl, MessageValidator, webSocketMessageSchema } from "switchboard-client/validate";

// diet-game.md

interface WebSocketMessage {
  id: string;
  type: string;
  timestamp: string;
  // biome-ignore lint/suspicious/noExplicitAny: so the contract has it.
  data: any;
}
interface ValidationResult {
  isValid: boolean;
  errors: { field: string; message: string; code: string }[];
}
interface ContractValidator {
  validate(message: WebSocketMessage): ValidationResult;
}
interface ContractAccess {
  canSendMessage(userId: string, messageType: string): boolean;
  canReceiveMessage(userId: string, messageType: string): boolean;
  canJoinRoom(userId: string, roomId: string): boolean;
}
export const validator: ContractValidator = new MessageValidator();
export const access: ContractAccess = new AccessControl();
export const written: AccessControl | ContractAccess = access;

// atomic-guide.md

export function heard(frame: string): string {
  const message = webSocketMessageSchema.parse(JSON.parse(frame));
  const { type, id = "", timestamp }: { type: string; id?: string | undefined; timestamp: string } = message;
  return type + id + timestamp;
}
