/** Contracts with a dialect: what is sent over WebSocket. */
export type Contract = "gurukul" | "atomic" | "diet";
export type PeerName = "node-ws" | "socket.io" | "nats" | "mosquitto";
export type ServerName = "bare" | "FULL" | "NORMAL" | PeerName;
