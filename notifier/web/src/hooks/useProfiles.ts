import { useQuery } from '@tanstack/react-query';
import { api } from '../api.js';

export function useProfiles() {
  return useQuery({ queryKey: ['profiles'], queryFn: async () => (await api.profiles()).data, staleTime: 60_000, refetchInterval: 60_000 });
}
